"""A pytest plugin that patches first of all, as a program of gevent does: pytest -p by_gevent."""

from gevent import monkey

monkey.patch_all()
