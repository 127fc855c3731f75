"""``renqing forget``: erase again whom a restored database still knows."""

from renqing.doors.cli.restore import forget

__all__ = ["forget"]
