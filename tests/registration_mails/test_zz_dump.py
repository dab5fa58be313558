import os, pathlib
from tests.registration_mails.test_all import live_through_everything
def test_dump(session, mails, change):
    live_through_everything(session, change, "What matters to you")
    out = pathlib.Path("/tmp/mailshots"); out.mkdir(exist_ok=True)
    seen=set()
    for p in mails():
        if p.row.kind in seen: continue
        seen.add(p.row.kind)
        (out/f"{p.row.kind}.html").write_text(p.html)
        (out/f"{p.row.kind}.txt").write_text(p.message["Subject"]+"\n\n"+p.text)
