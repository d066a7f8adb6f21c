/* Lines of JSON in and out, as far as DRIVERS.md needs them: see lines.c. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct value {
    enum { NOTHING, TRUTH, NUMBER, TEXT, LIST, OBJECT } kind;
    char *name; /* of a member of an object */
    bool truth;
    long long number;
    char *text; /* ends with a zero byte; nothing that is sent has one inside */
    struct value *first, *next;
} value;

typedef struct {
    char *text;
    size_t length, room;
} buffer;

typedef struct {
    unsigned char *data; /* not NULL where it is empty */
    size_t length;
} bytes;

/* The line's value; everything in it is freed by free_value. NULL where it is no JSON. */
value *parse_line(const char *line);
void free_value(value *);

/* A member of an object; NULL where there is none, or it is null. */
const value *member(const value *object, const char *name);
const char *text_of(const value *object, const char *name);
long long number_of(const value *object, const char *name, long long otherwise);

/* What a base64 text stands for; data is NULL where there is no text. */
bytes decoded(const value *text);

void put(buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_text(buffer *out, const char *text);
void put_bytes(buffer *out, const void *data, size_t length); /* as base64, null where data is NULL */

#endif
