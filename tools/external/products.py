"""Words that may stand beside a number, and names that are products' and not people's."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ERROR = _set("error erro errors erros codigo code hresult stop exit status")
"""Before the number of an error."""
NUMBERED = _set(
    "windows win office excel word outlook powerpoint access server sql microsoft android ios macos ubuntu chrome "
    "firefox edge java python acrobat autocad sap version versao iphone http usb wifi"
)
"""Before the number of a version."""
PLAIN = _set("m365 o365 ms365 x64 x86 win10 win11 windows10 windows11 mp3 mp4 wpa2 wpa3 usb3 2fa h264")
"""With a digit of their own."""
KNOWN = _set(
    "windows office excel word outlook powerpoint access teams onedrive sharepoint microsoft google chrome gmail drive "
    "meet zoom adobe acrobat reader edge firefox safari android iphone ipad ios macos mac apple samsung dell lenovo hp "
    "epson brother canon logitech sap oracle totvs protheus power bi vpn wifi wi-fi bluetooth usb hdmi pdf linux "
    "ubuntu java python github slack notion figma autocad whatsapp telegram dropbox citrix cisco anyconnect fortinet "
    "forticlient planner intune onenote visio project azure entra active directory authenticator defender kaspersky "
    "mcafee salesforce zendesk jira confluence trello skype webex explorer internet"
)
"""Written with a capital and nobody's name."""
