// Shows /openapi.json. Calls go to the server that this page came from, whatever the document's
// own address of it is: the page's policy allows no other.
"use strict";

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then((spec) => {
    spec.servers = [{ url: location.origin }];
    window.ui = SwaggerUIBundle({
      spec,
      domNode: document.getElementById("ui"),
      deepLinking: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
      // Swagger UI would otherwise ask its makers whether the document is valid.
      validatorUrl: null,
    });
  })
  .catch(() => {
    document.getElementById("ui").textContent = "The description could not be loaded. Try again.";
  });
