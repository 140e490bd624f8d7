// POST /register and POST /recover-password: an address comes in, an email may go out.
//
// The response is the same for every well-formed address: whatever happens to it happens later, and
// is seen in the mailbox alone. A browser's form is answered with a redirect to a page that shows
// the address (web/sent_page.hpp), so that reloading it sends nothing again.
#include "web/mail_form.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/sent_page.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

struct MailRoute {
  std::string_view path;
  PageKind form;
  RequestAction action;
};

constexpr MailRoute kRegister{"/register", page::kRegister, RequestAction::kRegister};
constexpr MailRoute kRecover{"/recover-password", page::kRecover, RequestAction::kRecoverPassword};

/// A request as it was read, so far as it could be.
struct Submission {
  PageContext page;
  /// As typed; only kept where the form is shown again.
  std::string typed_email;
  bool html = false;
  /// A page's form, not a program that reads HTML: it follows a redirect and keeps a cookie.
  bool form = false;
  /// Sent by the page that follows the form.
  bool again = false;
  /// As it was understood.
  std::string email;
};

HttpResponse accept_submission(const WebContext& web, const MailRoute& route,
                               const Submission& submission) {
  if (!submission.html) return accepted();
  if (!submission.form) return sent_page(web, submission.page, 202, route.path);
  const SentNotice notice{std::string(route.path), submission.email,
                          web.services.accounts.clock.now()};
  return redirect_to_sent_page(web, submission.page, notice, submission.again);
}

HttpResponse refuse_submission(const WebContext& web, const MailRoute& route,
                               const Submission& submission, const Error& error) {
  if (!submission.html) return error_response(error);
  const bool form_again = error.code == "invalid_email" || error.retry == Retry::kLater;
  if (!form_again) return error_page(web, submission.page, error);
  PageContext page = submission.page;
  page.path = route.path;
  return mail_form(web, route.form, page, {status_of(error), submission.typed_email, &error});
}

/// Reads and checks everything; what it finds on the way stands in `submission`.
Result<MailRequest> read_mail_request(const WebContext& web, const HttpRequest& request,
                                      Submission& submission) {
  if (const auto origin = check_origin(request, web.services.settings); !origin) {
    return origin.error();
  }
  const auto fields = read_fields(request);
  if (!fields) return fields.error();
  auto page = read_page_context(web, request, *fields);
  if (!page) return page.error();
  submission.page = *std::move(page);
  const auto typed = fields->required("email");
  if (!typed) return typed.error();
  if (submission.html) submission.typed_email = *typed;
  const auto again = fields->optional("again");
  submission.again = again && *again;
  auto email = parse_email(*typed);
  if (!email) return email.error();
  if (submission.form) submission.email = email->address;
  return MailRequest{*std::move(email), submission.page.locale, submission.page.return_to,
                     context_of(request)};
}

void handle(const WebContextPtr& web, const MailRoute& route, const HttpRequest& request,
            Respond respond) {
  Submission submission;
  submission.html = wants_html(request);
  submission.form = submission.html && is_form(request);
  if (submission.html) submission.page.locale = choose_locale(request, std::nullopt);
  auto mail_request = read_mail_request(*web, request, submission);
  if (!mail_request) {
    return respond(refuse_submission(*web, route, submission, mail_request.error()));
  }
  web->services.requests.submit(
      route.action, *std::move(mail_request),
      [web, &route, submission = std::move(submission),
       respond = std::move(respond)](Status status) {
        respond(status ? accept_submission(*web, route, submission)
                       : refuse_submission(*web, route, submission, status.error()));
      });
}

}  // namespace

void add_mail_routes(Router& router, const WebContextPtr& web) {
  for (const MailRoute* route : {&kRegister, &kRecover}) {
    router.add("POST", route->path, [web, route](const HttpRequest& request, Respond respond) {
      handle(web, *route, request, std::move(respond));
    });
  }
}

}  // namespace postern
