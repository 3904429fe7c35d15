"""The words of the phone and mailbox pages in Portuguese, Spanish and English."""

LANGUAGES = {"pt-BR": "Português", "es": "Español", "en": "English"}

_WORDS: dict[str, tuple[str, str, str]] = {
    "people": ("Pessoas", "Personas", "People"),
    "people_hint": (
        "Escolha quem você quer ser. Cada pessoa tem o seu telefone.",
        "Elige quién quieres ser. Cada persona tiene su teléfono.",
        "Choose who you want to be. Everyone has a phone of their own.",
    ),
    "be_someone": ("Trocar de pessoa", "Cambiar de persona", "Be someone else"),
    "try_saying": ("Experimente escrever", "Prueba a escribir", "Try writing"),
    "tips": ("Para experimentar", "Para probar", "Things to try"),
    "tip_code": (
        "O código de acesso chega por e-mail: ele está na caixa de entrada.",
        "El código de acceso llega por correo: está en el buzón.",
        "Your access code comes by e-mail: look in the mailbox.",
    ),
    "tip_quote": (
        "Toque em uma mensagem para responder a ela, reagir ou apagar.",
        "Toca un mensaje para responderlo, reaccionar o eliminarlo.",
        "Tap a message to reply to it, react or delete it.",
    ),
    "tip_file": (
        "O clipe envia foto, arquivo, áudio, figurinha ou local.",
        "El clip envía foto, archivo, audio, sticker o ubicación.",
        "The clip sends a picture, a file, a voice note, a sticker or a place.",
    ),
    "mailbox": ("Caixa de entrada", "Buzón", "Mailbox"),
    "phone": ("Telefone", "Teléfono", "Phone"),
    "language": ("Idioma da página", "Idioma de la página", "Page language"),
    "account": ("conta comercial", "cuenta de empresa", "business account"),
    "typing": ("digitando…", "escribiendo…", "typing…"),
    "write": ("Mensagem", "Mensaje", "Message"),
    "send": ("Enviar", "Enviar", "Send"),
    "attach": ("Anexar", "Adjuntar", "Attach"),
    "picture": ("Foto", "Foto", "Picture"),
    "file": ("Arquivo", "Archivo", "File"),
    "voice": ("Áudio", "Audio", "Voice note"),
    "sticker": ("Figurinha", "Sticker", "Sticker"),
    "location": ("Local", "Ubicación", "Location"),
    "contact": ("Contato", "Contacto", "Contact"),
    "poll": ("Enquete", "Encuesta", "Poll"),
    "reply": ("Responder", "Responder", "Reply"),
    "react": ("Reagir", "Reaccionar", "React"),
    "delete": ("Apagar para todos", "Eliminar para todos", "Delete for everyone"),
    "actions": ("O que fazer com a mensagem", "Qué hacer con el mensaje", "What to do with the message"),
    "close": ("Fechar", "Cerrar", "Close"),
    "you": ("Você", "Tú", "You"),
    "today": ("Hoje", "Hoy", "Today"),
    "yesterday": ("Ontem", "Ayer", "Yesterday"),
    "revoked": ("Mensagem apagada", "Mensaje eliminado", "This message was deleted"),
    "edited": ("editada", "editado", "edited"),
    "state_sent": ("enviada", "enviado", "sent"),
    "state_delivered": ("entregue", "entregado", "delivered"),
    "state_read": ("lida", "leído", "read"),
    "unread": ("não lidas", "no leídos", "unread"),
    "empty": (
        "Diga olá. Um “oi, meu notebook não liga” já é um bom começo.",
        "Saluda. Un “hola, mi portátil no enciende” ya es un buen comienzo.",
        "Say hello. “Hi, my laptop does not start” is a good beginning.",
    ),
    "newest": ("Ir para a mais recente", "Ir al más reciente", "Go to the newest"),
    "failed": (
        "Não foi possível enviar. Tente de novo.",
        "No se pudo enviar. Inténtalo de nuevo.",
        "That could not be sent. Please try again.",
    ),
    "offline": ("Reconectando…", "Reconectando…", "Reconnecting…"),
    "mail_to": ("Destinatários", "Destinatarios", "Recipients"),
    "everyone": ("Todos", "Todos", "Everyone"),
    "no_mail": (
        "Nenhum e-mail ainda. O código de acesso chega aqui.",
        "Todavía no hay correos. El código de acceso llega aquí.",
        "No mail yet. Access codes arrive here.",
    ),
    "pick_mail": ("Escolha um e-mail para ler.", "Elige un correo para leer.", "Choose a mail to read."),
    "from": ("De", "De", "From"),
    "to": ("Para", "Para", "To"),
    "as_text": ("Texto", "Texto", "Text"),
    "as_html": ("Formatado", "Con formato", "Formatted"),
    "copy": ("Copiar", "Copiar", "Copy"),
    "copied": ("Copiado", "Copiado", "Copied"),
    "no_subject": ("(sem assunto)", "(sin asunto)", "(no subject)"),
    "back": ("Voltar", "Volver", "Back"),
}


def choose_language(asked: str, accepted: str) -> str:
    """Pick the page's language: the one asked for, else the browser's first that we speak, else English."""
    wishes = [asked, *(part.split(";")[0].strip() for part in accepted.split(","))]
    for wish in wishes:
        for language in LANGUAGES:
            if wish[:2].lower() == language[:2].lower() and wish:
                return language
    return "en"


def wording(language: str) -> dict[str, str]:
    """Return every phrase in one of `LANGUAGES`."""
    column = list(LANGUAGES).index(language)
    return {name: phrases[column] for name, phrases in _WORDS.items()}
