"""Pages for people, phone first. Each handler calls one journey or view and shapes what it answers into a page."""
