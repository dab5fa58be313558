"""The blueprint that the public screens of running orders hang on."""

from flask import Blueprint

bp = Blueprint("slots", __name__)
