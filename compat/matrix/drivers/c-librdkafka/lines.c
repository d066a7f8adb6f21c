#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Reading */

static value *parse(const char **at);

static void skip_blanks(const char **at) {
    while (**at == ' ' || **at == '\n')
        ++*at;
}

static bool accept(const char **at, const char *word) {
    size_t length = strlen(word);
    skip_blanks(at);
    if (strncmp(*at, word, length))
        return false;
    *at += length;
    return true;
}

static char *put_utf8(char *out, unsigned code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xE0 | code >> 12);
        } else {
            *out++ = (char)(0xF0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

static unsigned parse_hex(const char **at) {
    char digits[5] = {0};
    strncpy(digits, *at, 4);
    *at += strlen(digits);
    return (unsigned)strtoul(digits, NULL, 16);
}

static char *parse_text(const char **at) {
    char *text = malloc(strlen(*at) + 1), *out = text;
    while (**at && **at != '"') {
        char next = *(*at)++;
        if (next != '\\') {
            *out++ = next;
            continue;
        }
        next = *(*at)++;
        if (next == 'u') {
            unsigned code = parse_hex(at);
            if (code >= 0xD800 && code < 0xDC00 && accept(at, "\\u"))
                code = 0x10000 + ((code & 0x3FF) << 10) + (parse_hex(at) & 0x3FF);
            out = put_utf8(out, code);
        } else {
            *out++ = next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
        }
    }
    *out = 0;
    ++*at;
    return text;
}

static value *parse_members(const char **at, const char *end, bool named) {
    value *first = NULL, **last = &first;
    while (!accept(at, end)) {
        char *name = NULL;
        accept(at, ",");
        if (named && accept(at, "\"")) {
            name = parse_text(at);
            accept(at, ":");
        }
        *last = parse(at);
        if (*last == NULL) {
            free(name);
            break;
        }
        (*last)->name = name;
        last = &(*last)->next;
    }
    return first;
}

static value *parse(const char **at) {
    value *found = calloc(1, sizeof *found);
    char *end;
    if (accept(at, "null")) {
        found->kind = NOTHING;
    } else if (accept(at, "true") || accept(at, "false")) {
        found->kind = TRUTH;
        found->truth = (*at)[-2] == 'u'; /* tr-u-e */
    } else if (accept(at, "\"")) {
        found->kind = TEXT;
        found->text = parse_text(at);
    } else if (accept(at, "[")) {
        found->kind = LIST;
        found->first = parse_members(at, "]", false);
    } else if (accept(at, "{")) {
        found->kind = OBJECT;
        found->first = parse_members(at, "}", true);
    } else {
        found->kind = NUMBER;
        found->number = strtoll(*at, &end, 10);
        if (end == *at) {
            free(found);
            return NULL;
        }
        *at = end;
    }
    return found;
}

value *parse_line(const char *line) { return parse(&line); }

void free_value(value *found) {
    while (found != NULL) {
        value *next = found->next;
        free_value(found->first);
        free(found->name);
        free(found->text);
        free(found);
        found = next;
    }
}

const value *member(const value *object, const char *name) {
    for (const value *each = object ? object->first : NULL; each != NULL; each = each->next)
        if (each->name != NULL && !strcmp(each->name, name))
            return each->kind == NOTHING ? NULL : each;
    return NULL;
}

const char *text_of(const value *object, const char *name) {
    const value *found = member(object, name);
    return found ? found->text : NULL;
}

long long number_of(const value *object, const char *name, long long otherwise) {
    const value *found = member(object, name);
    return found ? found->number : otherwise;
}

bytes decoded(const value *text) {
    bytes found = {NULL, 0};
    if (text == NULL || text->kind != TEXT)
        return found;
    found.data = malloc(strlen(text->text) + 1);
    unsigned held = 0, bits = 0;
    for (const char *each = text->text; *each && *each != '='; ++each) {
        held = held << 6 | (unsigned)(strchr(DIGITS, *each) - DIGITS);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            found.data[found.length++] = (unsigned char)(held >> bits);
        }
    }
    return found;
}

/* Writing */

static char *room_for(buffer *out, size_t more) {
    if (out->length + more + 1 > out->room) {
        out->room = 2 * (out->length + more + 1);
        out->text = realloc(out->text, out->room);
    }
    return out->text + out->length;
}

void put(buffer *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    vsnprintf(room_for(out, length), length + 1, format, arguments);
    va_end(arguments);
    out->length += length;
}

void put_text(buffer *out, const char *text) {
    put(out, "\"");
    for (; *text; ++text) {
        if (*text == '"' || *text == '\\')
            put(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            put(out, "\\u%04x", *text);
        else
            put(out, "%c", *text);
    }
    put(out, "\"");
}

void put_bytes(buffer *out, const void *data, size_t length) {
    const unsigned char *from = data;
    if (data == NULL) {
        put(out, "null");
        return;
    }
    char *to = room_for(out, (length + 2) / 3 * 4 + 2);
    *to++ = '"';
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned held = (unsigned)from[at] << 16 | (left > 1 ? (unsigned)from[at + 1] << 8 : 0) | (left > 2 ? from[at + 2] : 0);
        *to++ = DIGITS[held >> 18];
        *to++ = DIGITS[held >> 12 & 0x3F];
        *to++ = left > 1 ? DIGITS[held >> 6 & 0x3F] : '=';
        *to++ = left > 2 ? DIGITS[held & 0x3F] : '=';
    }
    *to++ = '"';
    *to = 0;
    out->length = (size_t)(to - out->text);
}
