"""A web app whose people log in with Postern: FastAPI and Authlib.

POSTERN_URL is Postern's BASE_URL; CLIENT_ID and CLIENT_SECRET are what `postern clients add` printed.
Run: uvicorn app:app --port 8003
"""

import html
import os
import secrets
import urllib.parse

from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

POSTERN_URL = os.environ.get("POSTERN_URL", "http://localhost:5001")
APP_URL = os.environ.get("APP_URL", "http://localhost:8003")

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ.get("COOKIE_SECRET",
                                                                secrets.token_hex(32)))
oauth = OAuth()
oauth.register("postern", client_id=os.environ["CLIENT_ID"],
               client_secret=os.environ["CLIENT_SECRET"],
               server_metadata_url=f"{POSTERN_URL}/.well-known/openid-configuration",
               client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"})


@app.get("/", response_class=HTMLResponse)
async def home(request: Request):
    person = request.session.get("person")
    if not person:
        return '<h1>Acme Notes</h1><a href="/login">Sign in</a>'
    return (f'<h1>Acme Notes</h1><p id="person">{html.escape(person["email"])}</p>'
            '<a href="/logout">Sign out</a>')


@app.get("/login")
async def login(request: Request):
    return await oauth.postern.authorize_redirect(request, f"{APP_URL}/callback")


@app.get("/callback")
async def callback(request: Request):
    try:
        token = await oauth.postern.authorize_access_token(request)
    except OAuthError as error:
        return HTMLResponse(f"<h1>Not signed in</h1><p>{html.escape(str(error))}</p>", 400)
    # The ID token's signature, issuer, audience, time and nonce were checked.
    request.session["person"] = {"email": token["userinfo"]["email"]}
    request.session["id_token"] = token["id_token"]
    return RedirectResponse("/")


@app.get("/logout")
async def logout(request: Request):
    metadata = await oauth.postern.load_server_metadata()
    query = urllib.parse.urlencode({"id_token_hint": request.session.pop("id_token", ""),
                                    "post_logout_redirect_uri": f"{APP_URL}/"})
    request.session.clear()
    return RedirectResponse(f"{metadata['end_session_endpoint']}?{query}")
