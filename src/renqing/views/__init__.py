"""Views: reads that join rooms, one screen a file. They write nothing."""
