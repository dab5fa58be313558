"""The link that ends somebody's news of a community: it names both, and opens nothing else.

A token of the usual form, of the person; where others carry a version, it carries the community's number, which is
signed with the rest. So it can be made again for each letter, and nothing is stored for it.
"""

from gatherings.web.rights import claim_of, signer

PURPOSE = "unsubscribe"


def news_path(community_id: int, person: str) -> str:
    """Give the path of the page on which somebody (by public id) leaves the news of a community."""
    return f"/unsubscribe/{signer().sign(PURPOSE, person, community_id)}"


def read_news_token(token: str) -> tuple[int, str]:
    """Give the community's id and the person's public id that a link names; raises NotFound."""
    _purpose, claim = claim_of(token, PURPOSE)
    return claim.version, claim.public_id
