def test_dump(session, mail):
    from tests.factories import make_event, make_registration
    make_registration(session, make_event(session))
    p = mail("confirmed")
    print(p.message["Subject"], p.message["From"])
    print(p.text); print(p.ics.decode()); print(p.html)
    assert 0
