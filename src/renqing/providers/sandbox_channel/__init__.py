"""The sandbox channel: a payment company to try things out with, and our way to talk to it.

1. ``SandboxChannel`` implements the payments room's port. It believes no answer and no callback that is not signed
   for it and fresh; what did not answer is ``ChannelSilent``, never yes or no.
2. ``bank`` is the company: a process of its own that shares nothing with us but the wire (``wire``).
"""

from renqing.providers.sandbox_channel.channel import SandboxChannel

__all__ = ["SandboxChannel"]
