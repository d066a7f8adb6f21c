"""A program of gevent patches first of all."""

from gevent import monkey

monkey.patch_all()
