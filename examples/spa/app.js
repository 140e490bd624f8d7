// A page without a server of its own whose people log in with Postern: oidc-client-ts.
const here = location.origin + location.pathname;
const postern = new oidc.UserManager({
  ...window.config,
  redirect_uri: here,
  post_logout_redirect_uri: here,
  scope: "openid email profile",
});

async function start() {
  if (new URLSearchParams(location.search).has("code")) {
    await postern.signinCallback();
    history.replaceState({}, "", here);
  }
  const user = await postern.getUser();
  document.getElementById("person").textContent = user ? user.profile.email : "";
  document.getElementById("sign-in").hidden = user !== null;
  document.getElementById("sign-out").hidden = user === null;
}

document.getElementById("sign-in").onclick = () => postern.signinRedirect();
document.getElementById("sign-out").onclick = () => postern.signoutRedirect();
start();
