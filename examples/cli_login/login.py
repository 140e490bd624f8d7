"""A command line whose user logs in with Postern in a browser (RFC 8252), and prints who it is.

POSTERN_URL is Postern's BASE_URL, CLIENT_ID a public client with the redirect URI
http://127.0.0.1/callback, whose port is free.  Run: python3 login.py
"""

import http.server
import os
import urllib.parse
import webbrowser

from authlib.integrations.requests_client import OAuth2Session
from authlib.common.security import generate_token

POSTERN_URL = os.environ.get("POSTERN_URL", "http://localhost:5001")
# Plain HTTP is for a first try on this machine.
if POSTERN_URL.startswith("http://localhost"):
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


class Callback(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.returned = self.path
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"You are logged in. Go back to the command line.\n")

    def log_message(self, *_):
        pass


def main():
    server = http.server.HTTPServer(("127.0.0.1", 0), Callback)
    session = OAuth2Session(
        os.environ["CLIENT_ID"], scope="openid email", code_challenge_method="S256",
        token_endpoint_auth_method="none",
        redirect_uri=f"http://127.0.0.1:{server.server_port}/callback")
    metadata = session.get(f"{POSTERN_URL}/.well-known/openid-configuration",
                           withhold_token=True).json()
    verifier = generate_token(48)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"],
                                                  code_verifier=verifier)
    print(f"Log in at {url}", flush=True)
    webbrowser.open(url)
    while not hasattr(server, "returned"):
        server.handle_request()
    returned = urllib.parse.urljoin(f"http://127.0.0.1:{server.server_port}", server.returned)
    session.fetch_token(metadata["token_endpoint"], authorization_response=returned, state=state,
                        code_verifier=verifier)
    print(f"You are {session.get(metadata['userinfo_endpoint']).json()['email']}.")


main()
