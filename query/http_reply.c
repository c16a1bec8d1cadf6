/* Responses: status line, our headers, the handler's, the body.
 *
 * Bytes are offered to the kernel at once, and only what it does not take waits for the event loop: libevent's own way (ask
 * epoll for writability, wait, write, tell epoll to stop) costs three more system calls for each response. So EV_WRITE is off
 * while nothing waits. */
#include "query/http_conn.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { COPY_MAX = 16 << 10 }; /* shorter bodies are copied behind their head; longer ones are handed over */

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

static const char *status_text(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status) return statuses[i].text;
    return "Unknown";
}

/* ---- for handlers ---- */

void http_add_header(struct http_response *r, const char *name, const char *value)
{
    buf_str(&r->headers, name);
    buf_str(&r->headers, ": ");
    for (; *value; value++) buf_byte(&r->headers, (unsigned char)*value < ' ' || *value == 0x7F ? ' ' : *value);
    buf_str(&r->headers, "\r\n");
}

void http_set_error(struct http_response *r, int status, const char *code, const char *message)
{
    r->status = status;
    r->content_type = NULL;
    buf_clear(&r->body);
    struct json_writer w = {.out = &r->body};
    json_begin(&w, '{');
    json_key(&w, "error");
    json_begin(&w, '{');
    json_key(&w, "code");
    json_str(&w, code);
    json_key(&w, "message");
    json_str(&w, message);
    json_end(&w, '}');
    json_end(&w, '}');
}

/* ---- out ---- */

static void send_now(struct http_conn *c)
{
    if (!c->plain) return;
    struct evbuffer *out = bufferevent_get_output(c->bev);
    evbuffer_unfreeze(out, 1);
    evbuffer_write(out, c->fd); /* an error shows again in the event loop */
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out)) bufferevent_enable(c->bev, EV_WRITE);
}

static void free_body(const void *data, size_t n, void *arg)
{
    (void)n, (void)arg;
    union {
        const void *in;
        void *out;
    } u = {data};
    free(u.out);
}

static void add_body(struct evbuffer *out, struct buf *body)
{
    if (body->n <= COPY_MAX) {
        evbuffer_add(out, body->data, body->n);
        return;
    }
    size_t n;
    char *data = buf_take(body, &n);
    if (evbuffer_add_reference(out, data, n, free_body, NULL) != 0) abort();
}

static bool bodiless(int status)
{
    return status == 204 || status == 304;
}

static void add_head(struct http_conn *c, struct evbuffer *out, const struct http_response *r)
{
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: %s\r\n", r->status, status_text(r->status),
                        http_loop_date(c->loop), c->close ? "close" : "keep-alive");
    if (!bodiless(r->status))
        evbuffer_add_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                            r->content_type ? r->content_type : "application/json", r->body.n);
    evbuffer_add(out, r->headers.data, r->headers.n);
    evbuffer_add(out, "\r\n", 2);
}

void http_reply(struct http_conn *c, struct http_response *r, bool head_only)
{
    if (r->status < 200 || r->status > 599 || r->body.failed || r->headers.failed) {
        buf_clear(&r->headers);
        http_set_error(r, 500, "internal", "the answer is longer than this server can send");
    }
    struct http_counters *count = &c->loop->server->count;
    struct evbuffer *out = bufferevent_get_output(c->bev);
    size_t before = evbuffer_get_length(out);
    add_head(c, out, r);
    if (!head_only && !bodiless(r->status)) add_body(out, &r->body);
    uint64_t added = evbuffer_get_length(out) - before;
    c->queued += added;
    atomic_fetch_add(&count->bytes_out, added);
    atomic_fetch_add(&count->responses[r->status / 100], 1);
    send_now(c);
    http_conn_replied(c);
}

void http_reply_continue(struct http_conn *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    evbuffer_add(bufferevent_get_output(c->bev), text, sizeof text - 1);
    c->queued += sizeof text - 1;
    send_now(c);
}

/* ---- refusals ---- */

static const char *error_code(int status)
{
    switch (status) {
    case 408: return "timeout";
    case 413: return "body_too_large";
    case 414: return "target_too_long";
    case 417: return "unknown_expectation";
    case 431: return "headers_too_large";
    case 501: return "unknown_transfer_coding";
    case 503: return "overloaded";
    case 505: return "unknown_http_version";
    default: return "bad_request";
    }
}

void http_refuse(struct http_conn *c, int status, const char *why)
{
    struct http_response r = {.body = BUF_INIT(4096), .headers = BUF_INIT(4096)};
    http_set_error(&r, status, error_code(status), why);
    if (status == 503) http_add_header(&r, "Retry-After", "1");
    c->close = true;
    http_reply(c, &r, false);
    buf_release(&r.body);
    buf_release(&r.headers);
}
