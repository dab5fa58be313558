"""Papers as PDF: invoices, receipts, credit notes and tickets, set by typst from our own two faces."""
