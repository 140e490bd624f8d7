// An open flow: an authorization request that waits while its person logs in or registers.
//
// Thread contract: pure functions over an immutable WebContext.
// It is sealed into a cookie of the browser that brought it, so that an unauthenticated request
// writes no row and a flow that was planted in another browser is none there. The pages on the way
// carry it as their return_to, which also stands in the emailed link.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oidc/authorization_request.hpp"
#include "oidc/clients.hpp"
#include "web/web_context.hpp"

namespace postern {

inline constexpr std::string_view kContinuePath = "/authorize/continue";

struct Flow {
  AuthorizationRequest request;
  /// The product's, for the pages.
  std::string client_name;
  std::string client_url;
};

/// A return_to of ours: which flow, and of which client, for browsers that do not have it.
struct FlowLink {
  std::string id;
  std::string client_id;
};

std::string flow_link(const WebContext& web, const FlowLink& link);
/// Nothing when `return_to` is no link of a flow.
std::optional<FlowLink> read_flow_link(const WebContext& web, std::string_view return_to);

/// The Set-Cookie headers that keep the flow under `id`, and drop the browser's oldest beyond
/// limits::kFlows. Error: invalid_request when it is too large.
Result<std::vector<HttpHeader>> keep_flow(const WebContext& web, const HttpRequest& request,
                                          const std::string& id, const Flow& flow);
HttpHeader drop_flow(const std::string& id);
/// Nothing when this browser has no such flow, or had it too long.
std::optional<Flow> find_flow(const WebContext& web, const HttpRequest& request,
                              const std::string& id);

/// The links of all flows of this browser.
std::vector<std::string> flow_links_of(const WebContext& web, const HttpRequest& request);
/// Where a form may be redirected to that goes on with any of them (PageContext::form_target).
std::string flow_form_targets(const WebContext& web, const HttpRequest& request);

/// What the pages on the way to `return_to` show and allow.
void set_flow(const WebContext& web, const HttpRequest& request, PageContext& page);

}  // namespace postern
