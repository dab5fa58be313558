"""The blueprint of the screens about one's own data."""

from flask import Blueprint

bp = Blueprint("own_data", __name__)
