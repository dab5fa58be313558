"""The blueprint that all screens of registration hang on."""

from flask import Blueprint

bp = Blueprint("registration", __name__)
