"""`bigfoot.plugins.psycopg2_plugin`, as bigfoot 0.10 had it."""

from bigfoot.fakes.psycopg2 import Psycopg2Plugin as Psycopg2Plugin
