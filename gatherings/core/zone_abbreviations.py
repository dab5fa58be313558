"""Abbreviations of clocks that people type: never data, as each means several places (domain.md, Time 3)."""

from functools import cache

# Abbreviations, and the places that are mostly meant by them.
_MEANT = {
    "acdt acst": "Australia/Adelaide Australia/Darwin", "aedt aest": "Australia/Sydney Australia/Brisbane",
    "akdt akst": "America/Anchorage", "adt ast": "America/Halifax America/Puerto_Rico Asia/Riyadh",
    "art": "America/Argentina/Buenos_Aires", "awst": "Australia/Perth", "brt": "America/Sao_Paulo",
    "bst": "Europe/London Asia/Dhaka", "cat": "Africa/Maputo Africa/Harare",
    "cdt cst ct": "America/Chicago America/Winnipeg America/Mexico_City America/Costa_Rica Asia/Shanghai "
    "America/Havana",
    "cest cet mesz mez met": "Europe/Berlin Europe/Paris Europe/Madrid Europe/Rome Europe/Warsaw Europe/Stockholm",
    "eat": "Africa/Nairobi", "edt est et": "America/New_York America/Toronto America/Panama America/Jamaica",
    "eest eet": "Europe/Athens Europe/Kyiv Europe/Helsinki Africa/Cairo",
    "gmt": "Europe/London Africa/Accra Atlantic/Reykjavik Africa/Abidjan UTC", "hkt": "Asia/Hong_Kong",
    "hst": "Pacific/Honolulu", "ict": "Asia/Bangkok Asia/Ho_Chi_Minh", "ist": "Asia/Kolkata Europe/Dublin "
    "Asia/Jerusalem", "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "mdt mst mt": "America/Denver America/Edmonton "
    "America/Phoenix", "msk": "Europe/Moscow", "ndt nst": "America/St_Johns", "npt": "Asia/Kathmandu",
    "nzdt nzst nzt": "Pacific/Auckland", "pdt pst pt": "America/Los_Angeles America/Vancouver America/Tijuana "
    "Asia/Manila", "pht": "Asia/Manila", "pkt": "Asia/Karachi", "sast": "Africa/Johannesburg",
    "sgt": "Asia/Singapore", "wat": "Africa/Lagos", "west wet": "Europe/Lisbon Atlantic/Canary",
    "wib": "Asia/Jakarta",
}  # fmt: skip


@cache
def abbreviations() -> dict[str, list[str]]:
    """Give the zones that each abbreviation (in small letters) may mean, the likeliest first."""
    return {word: meant.split() for words, meant in _MEANT.items() for word in words.split()}
