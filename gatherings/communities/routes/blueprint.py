"""The blueprint of what people open by a community's links."""

from flask import Blueprint

bp = Blueprint("communities", __name__)
