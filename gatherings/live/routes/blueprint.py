"""The blueprint that the public screens of the run of show hang on."""

from flask import Blueprint

bp = Blueprint("live", __name__)
