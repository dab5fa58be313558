"""The blueprint that the public screens of doors hang on."""

from flask import Blueprint

bp = Blueprint("doors", __name__)
