"""One turn of dialogue: state in, state out; knows no SQL, no HTTP, no WhatsApp."""
