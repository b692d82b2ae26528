"""`bigfoot.plugins.smtp_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.smtp import SmtpPlugin as SmtpPlugin
