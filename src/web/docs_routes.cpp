// GET /openapi.json, the description of every route, and GET /docs, which shows it: with Swagger UI
// where the build has it, and as a plain reference otherwise and to browsers without JavaScript.
//
// Everything comes from this program.
#include <boost/json.hpp>
#include <kainjow/mustache.hpp>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "web/api_reference.hpp"
#include "web/embedded_docs.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

// The pages' policy, without forms and frames.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

// The address that the document has in the repository; the only one of its text.
constexpr std::string_view kWrittenServer = R"("http://localhost:5001")";

// Their paths name their version.
constexpr std::string_view kForEver = "public, max-age=31536000, immutable";

std::string_view file_of(std::string_view name) {
  for (const auto& file : embedded_docs()) {
    if (file.name == name) return file.content;
  }
  throw std::runtime_error("The file templates/docs/" + std::string(name) + " is missing.");
}

/// With this server's own address.
std::string describe(std::string_view base_url) {
  std::string document(file_of("openapi.json"));
  const auto server = document.find(kWrittenServer);
  if (server == std::string::npos) throw std::runtime_error("openapi.json names no server.");
  document.replace(server, kWrittenServer.size(),
                   boost::json::serialize(boost::json::string(base_url)));
  return document;
}

std::string path_of(const EmbeddedFile& file) { return "/assets/" + std::string(file.name); }

std::string render_page(const WebContext& web) {
  const Assets assets(embedded_docs());
  kainjow::mustache::data data;
  data.set("product", web.services.settings.product.name);
  data.set("page_css", web.pages.assets().get("page.css").path);
  data.set("docs_js", assets.get("docs.js").path);
  data.set("reference_css", assets.get("reference.css").path);
  data.set("reference", render_api_reference(boost::json::parse(file_of("openapi.json"))));
  data.set("ui", !embedded_swagger_ui().empty());
  for (const auto& file : embedded_swagger_ui()) {
    if (file.name.ends_with(".css")) data.set("ui_css", path_of(file));
    if (file.name.ends_with(".js")) data.set("ui_js", path_of(file));
  }
  kainjow::mustache::mustache page{std::string(file_of("page.html"))};
  if (!page.is_valid())
    throw std::runtime_error("The page docs is broken: " + page.error_message());
  return page.render(data);
}

/// Rendered for its first reader: some milliseconds that no start needs.
class DocsPage {
 public:
  const std::string& get(const WebContext& web) {
    std::call_once(rendered_, [&] { html_ = render_page(web); });
    return html_;
  }

 private:
  std::once_flag rendered_;
  std::string html_;
};

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "text/plain; charset=utf-8";
}

/// Its licence as well, which the script names.
void add_swagger_ui(Router& router) {
  for (const auto& file : embedded_swagger_ui()) {
    // Every browser takes gzip, and nothing else is kept of the files.
    router.add("GET", path_of(file), [&file](const HttpRequest&, Respond respond) {
      respond({200,
               std::string(type_of(file.name)),
               {},
               {{"Content-Encoding", "gzip"}, {"Cache-Control", std::string(kForEver)}},
               file.content});
    });
  }
}

}  // namespace

void add_docs_routes(Router& router, const WebContextPtr& web) {
  add_swagger_ui(router);
  // The one copy of each is shared by all who ask.
  router.add("GET", "/docs",
             [web, page = std::make_shared<DocsPage>()](const HttpRequest&, Respond respond) {
               respond({200,
                        "text/html; charset=utf-8",
                        {},
                        {{"Content-Security-Policy", std::string(kPolicy)}},
                        page->get(*web)});
             });
  const auto document =
      std::make_shared<const std::string>(describe(web->services.settings.base_url));
  router.add("GET", "/openapi.json", [document](const HttpRequest&, Respond respond) {
    respond({200, "application/json", {}, {}, *document});
  });
}

}  // namespace postern
