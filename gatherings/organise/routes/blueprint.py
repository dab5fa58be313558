"""The blueprint that all screens of organisers hang on."""

from flask import Blueprint

bp = Blueprint("organise", __name__, url_prefix="/organise")
