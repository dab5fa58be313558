"""What all screens share: rights, answers, errors, headers, texts. No screen of its own."""
