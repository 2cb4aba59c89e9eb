/* http_request.c - the head of an HTTP request, as a value
 * SPDX-License-Identifier: ISC
 */
#include "exporter/http_request.h"

#include "base/addr.h"
#include "base/bytes.h"

#include <string.h>

#define ALPHA      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT      "0123456789"
#define TOKEN      "!#$%&'*+-.^_`|~" DIGIT ALPHA      /* RFC 9110 section 5.6.2 */
#define TARGET     "-._~!$&'()*+,;=:@%/?" DIGIT ALPHA /* RFC 3986 section 3.3, 3.4 */
#define HOST       "-._~%:[]" DIGIT ALPHA
#define METHOD_MAX 32
#define FIELD_MAX  32   /* of a name that we look for */
#define WHOLE      1000 /* a weight of 1 */

struct text { /* a part of the head; not NUL-terminated */
    const uint8_t *at;
    size_t size;
};

static bool
is_among(uint8_t octet, const char *set)
{
    return octet != 0 && strchr(set, octet) != NULL;
}

static uint8_t
lower(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet - 'A' + 'a') : octet;
}

static bool
is_text(struct text text, const char *word)
{
    size_t i = 0;
    while (i < text.size && word[i] != '\0' && lower(text.at[i]) == (uint8_t)word[i])
        i++;
    return i == text.size && word[i] == '\0';
}

/* Copy what is of this set alone. @return false: too long, or another octet among it */
static bool
copy(struct text text, const char *set, char *to, size_t room)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_among(text.at[i], set))
            return false;
    if (text.size >= room)
        return false;
    memcpy(to, text.at, text.size);
    to[text.size] = '\0';
    return true;
}

/* Take everything up to `mark` from the front, and the mark. @return false: there is none */
static bool
take_until(struct text *rest, uint8_t mark, struct text *taken)
{
    const uint8_t *end = memchr(rest->at, mark, rest->size);
    if (end == NULL)
        return false;
    struct bytes_reader reader = bytes_reader(rest->at, rest->size);
    size_t size = (size_t)(end - rest->at);
    const uint8_t *before = bytes_get_view(&reader, size);
    bytes_skip(&reader, 1);
    size_t left = bytes_left(&reader);
    const uint8_t *behind = bytes_get_view(&reader, left);
    if (before == NULL || behind == NULL)
        return false;
    *taken = (struct text){.at = before, .size = size};
    *rest = (struct text){.at = behind, .size = left};
    return true;
}

/* What comes before `mark`; all of it if there is none. */
static struct text
next_of(struct text *rest, uint8_t mark)
{
    struct text taken = *rest;
    if (!take_until(rest, mark, &taken))
        rest->size = 0;
    return taken;
}

/* Without blanks at both ends. */
static struct text
trim(struct text text)
{
    struct bytes_reader reader = bytes_reader(text.at, text.size);
    size_t before = 0;
    while (before < text.size && (text.at[before] == ' ' || text.at[before] == '\t'))
        before++;
    while (text.size > before && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
        text.size--;
    bytes_skip(&reader, before);
    text.size -= before;
    text.at = bytes_get_view(&reader, text.size);
    return text;
}

/* A line without its CR LF; a CR or LF elsewhere, or another control character, is none. */
static bool
take_line(struct text *rest, struct text *line)
{
    if (!take_until(rest, '\n', line) || line->size == 0 || line->at[line->size - 1] != '\r')
        return false;
    line->size--;
    for (size_t i = 0; i < line->size; i++)
        if ((line->at[i] < ' ' && line->at[i] != '\t') || line->at[i] == 0x7f)
            return false;
    return true;
}

/* --- the request line ------------------------------------------------------------------------ */

/* "http://a.example:80/metrics": take the host, which counts in place of field Host (RFC 9112 section
 * 3.2.2). @return what stands behind it; the target as it is if it begins otherwise */
static struct text
take_authority(struct text target, struct text *authority)
{
    struct text rest = target;
    struct text scheme = next_of(&rest, ':');
    if (!is_text(scheme, "http") || rest.size < 2 || rest.at[0] != '/' || rest.at[1] != '/')
        return target;
    (void)next_of(&rest, '/');
    (void)next_of(&rest, '/');
    const uint8_t *path = rest.size > 0 ? memchr(rest.at, '/', rest.size) : NULL;
    struct bytes_reader reader = bytes_reader(rest.at, rest.size);
    authority->size = path != NULL ? (size_t)(path - rest.at) : rest.size;
    authority->at = bytes_get_view(&reader, authority->size);
    rest.size = bytes_left(&reader);
    rest.at = bytes_get_view(&reader, rest.size);
    return authority->size > 0 ? rest : target;
}

static enum http_request_result
read_target(struct text target, struct http_request *request)
{
    struct text path = next_of(&target, '?');
    if (path.size >= sizeof request->path || target.size >= sizeof request->query)
        return HTTP_REQUEST_TARGET;
    return path.size > 0 && path.at[0] == '/' &&
                   copy(path, TARGET, request->path, sizeof request->path) &&
                   copy(target, TARGET, request->query, sizeof request->query)
               ? HTTP_REQUEST_GOOD
               : HTTP_REQUEST_BAD;
}

/* "HTTP/1.1" (RFC 9112 section 2.3); a later minor version is as 1.1 to us. */
static enum http_request_result
read_version(struct text version, bool *is_first)
{
    static const char name[] = "HTTP/";
    const size_t major = sizeof name - 1, point = major + 1, minor = point + 1;
    if (version.size != minor + 1 || memcmp(version.at, name, major) != 0 ||
        !is_among(version.at[major], DIGIT) || version.at[point] != '.' ||
        !is_among(version.at[minor], DIGIT))
        return HTTP_REQUEST_BAD;
    *is_first = version.at[minor] == '0';
    return version.at[major] == '1' ? HTTP_REQUEST_GOOD : HTTP_REQUEST_VERSION;
}

/* @param is_first_version  written: HTTP/1.0, which needs no Host; @param authority  of the target, if
 *  it has one */
static enum http_request_result
read_request_line(struct text line, struct http_request *request, bool *is_first_version,
                  struct text *authority)
{
    struct text method, target;
    char word[METHOD_MAX];
    if (!take_until(&line, ' ', &method) || !take_until(&line, ' ', &target) || method.size == 0 ||
        !copy(method, TOKEN, word, sizeof word))
        return HTTP_REQUEST_BAD;
    enum http_request_result result = read_version(line, is_first_version);
    if (result != HTTP_REQUEST_GOOD)
        return result;
    request->is_head = strcmp(word, "HEAD") == 0;
    if (!request->is_head && strcmp(word, "GET") != 0)
        return HTTP_REQUEST_METHOD;
    return read_target(take_authority(target, authority), request);
}

/* --- Accept ---------------------------------------------------------------------------------- */

/* The weight "0.75" in thousandths. @return false: it is none (RFC 9110 section 12.4.2) */
static bool
read_weight(struct text text, unsigned *weight)
{
    unsigned scale = WHOLE;
    *weight = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_point = i == 1;
        if (i > 4 || (is_point ? text.at[i] != '.' : !is_among(text.at[i], DIGIT)))
            return false;
        if (is_point)
            continue;
        *weight += (unsigned)(text.at[i] - '0') * scale;
        scale /= 10;
    }
    return text.size > 0 && *weight <= WHOLE;
}

struct range { /* of an Accept: a type, and how much it is wanted */
    struct text type;
    unsigned weight;
    bool is_version; /* parameter version, if any, is that of OpenMetrics 1.0 */
};

static struct range
read_range(struct text text)
{
    struct range range = {.weight = WHOLE, .is_version = true};
    range.type = trim(next_of(&text, ';'));
    while (text.size > 0) {
        struct text value = next_of(&text, ';');
        struct text name = trim(next_of(&value, '='));
        if (is_text(name, "q") && !read_weight(trim(value), &range.weight))
            range.weight = 0;
        if (is_text(name, "version"))
            range.is_version = is_text(trim(value), "1.0.0") || is_text(trim(value), "\"1.0.0\"");
    }
    return range;
}

struct wish { /* weights; -1: not named */
    int open, plain, any_text, any;
};

static void
read_accept(struct text value, struct wish *wish)
{
    while (value.size > 0) {
        struct range range = read_range(next_of(&value, ','));
        int weight = (int)range.weight;
        if (is_text(range.type, "application/openmetrics-text") && range.is_version)
            wish->open = weight > wish->open ? weight : wish->open;
        else if (is_text(range.type, "text/plain"))
            wish->plain = weight > wish->plain ? weight : wish->plain;
        else if (is_text(range.type, "text/*"))
            wish->any_text = weight;
        else if (is_text(range.type, "*/*"))
            wish->any = weight;
    }
}

static bool
wants_openmetrics(const struct wish *wish)
{
    int plain = wish->plain >= 0 ? wish->plain : wish->any_text >= 0 ? wish->any_text : wish->any;
    return wish->open > 0 && wish->open >= plain;
}

/* --- fields ---------------------------------------------------------------------------------- */

struct fields {
    unsigned hosts;
    struct wish wish;
};

static enum http_request_result
read_field(struct text line, struct fields *fields, struct http_request *request)
{
    struct text name;
    if (!take_until(&line, ':', &name) || name.size == 0)
        return HTTP_REQUEST_BAD;
    for (size_t i = 0; i < name.size; i++)
        if (!is_among(name.at[i], TOKEN)) /* a blank too: a folded line, or one before the colon */
            return HTTP_REQUEST_BAD;
    struct text value = trim(line);
    if (is_text(name, "host"))
        return fields->hosts++ == 0 && copy(value, HOST, request->host, sizeof request->host)
                   ? HTTP_REQUEST_GOOD
                   : HTTP_REQUEST_BAD;
    if (is_text(name, "transfer-encoding") ||
        (is_text(name, "content-length") && !is_text(value, "0")))
        return HTTP_REQUEST_BODY;
    if (is_text(name, "accept"))
        read_accept(value, &fields->wish);
    return HTTP_REQUEST_GOOD;
}

static enum http_request_result
read_head(struct text head, struct http_request *request)
{
    struct fields fields = {.wish = {-1, -1, -1, -1}};
    struct text line, authority = {.size = 0};
    bool is_first_version = false;
    /* one empty line before the request is passed over (RFC 9112 section 2.2) */
    if (!take_line(&head, &line) || (line.size == 0 && !take_line(&head, &line)))
        return HTTP_REQUEST_BAD;
    enum http_request_result result =
        read_request_line(line, request, &is_first_version, &authority);
    for (unsigned i = 0; result == HTTP_REQUEST_GOOD; i++) {
        if (!take_line(&head, &line))
            return HTTP_REQUEST_BAD;
        if (line.size == 0)
            break;
        if (i == HTTP_REQUEST_FIELDS_MAX)
            return HTTP_REQUEST_TOO_LARGE;
        result = read_field(line, &fields, request);
    }
    if (result == HTTP_REQUEST_GOOD && fields.hosts == 0 && !is_first_version)
        return HTTP_REQUEST_BAD;
    if (authority.size > 0 && !copy(authority, HOST, request->host, sizeof request->host))
        return HTTP_REQUEST_BAD;
    request->has_openmetrics = wants_openmetrics(&fields.wish);
    return result;
}

enum http_request_result
http_request_read(const uint8_t *octets, size_t size, size_t judged, struct http_request *request)
{
    memset(request, 0, sizeof *request);
    for (size_t i = judged; i < size; i++) {
        if (octets[i] != '\n')
            continue;
        /* who ends lines so sends no end of a head that is one: it need not wait for an answer */
        if (i == 0 || octets[i - 1] != '\r')
            return HTTP_REQUEST_BAD;
        if (i >= 2 && octets[i - 2] == '\n')
            return read_head((struct text){.at = octets, .size = i + 1}, request);
    }
    return size < HTTP_REQUEST_MAX ? HTTP_REQUEST_MORE : HTTP_REQUEST_TOO_LARGE;
}

/* --- whose request it is --------------------------------------------------------------------- */

/* Host without its port: "[::1]:10853", "localhost:10853". */
static struct text
without_port(struct text host)
{
    size_t size = host.size;
    while (size > 0 && is_among(host.at[size - 1], DIGIT))
        size--;
    if (size > 0 && host.at[size - 1] == ':' && memchr(host.at, ':', size - 1) == NULL)
        host.size = size - 1;
    return host;
}

static bool
is_same(struct text a, struct text b)
{
    size_t i = 0;
    while (i < a.size && i < b.size && lower(a.at[i]) == lower(b.at[i]))
        i++;
    return a.size > 0 && a.size == b.size && i == a.size;
}

bool
http_request_is_for(const char *host, const char *names)
{
    struct addr addr;
    struct text name =
        without_port((struct text){.at = (const uint8_t *)host, .size = strlen(host)});
    struct text rest = {.at = (const uint8_t *)names, .size = strlen(names)};
    if (name.size > 0 && name.at[name.size - 1] == '.')
        name.size--; /* the root may be written */
    if (host[0] == '\0' || is_text(name, "localhost") || addr_parse(host, 0, &addr) == STATUS_OK)
        return true;
    while (rest.size > 0)
        if (is_same(name, next_of(&rest, ',')))
            return true;
    return false;
}
