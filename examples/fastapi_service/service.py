"""A service that takes Postern's access tokens: GET /hello answers the account's id.

POSTERN_URL is Postern's BASE_URL.  Run: uvicorn service:app --port 8001
"""

import os

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer

POSTERN_URL = os.environ.get("POSTERN_URL", "http://localhost:5001")
# Kept for a minute, and fetched again when a token names a key that is not there.
keys = jwt.PyJWKClient(f"{POSTERN_URL}/.well-known/jwks.json", lifespan=60)
bearer = HTTPBearer(auto_error=False)
app = FastAPI()


def account_id(credentials=Depends(bearer)) -> str:
    try:
        token = credentials.credentials if credentials else ""
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        claims = jwt.decode(
            token, keys.get_signing_key_from_jwt(token).key, algorithms=["ES256"],
            issuer=POSTERN_URL, audience=POSTERN_URL,
            options={"require": ["exp", "iss", "aud", "sub"]})
    except jwt.PyJWTError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None
    return claims["sub"]


@app.get("/hello")
def hello(account: str = Depends(account_id)):
    return {"account_id": account}
