"""The blueprint that the public screens of calls and submissions hang on."""

from flask import Blueprint

bp = Blueprint("calls", __name__)
