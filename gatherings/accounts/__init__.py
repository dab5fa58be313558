"""People: who somebody is, known by an e-mail address alone."""
