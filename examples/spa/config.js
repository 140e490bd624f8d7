// What `postern clients add --public` printed, and Postern's BASE_URL.
window.config = { authority: "http://localhost:5001", client_id: "notes-spa" };
