/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the headers leave to a library of the compiler, on top of the C library that is part of Windows. Without that library and its start of
 * programs, this one starts at once, and no compiler has to build a library first.
 */

#define STANDARD_LENGTHS 2ull /* return how long the text would be, and end it in any case */

int vsnprintf(char *to, size_t size, const char *format, va_list values) {
    return __stdio_common_vsprintf(STANDARD_LENGTHS, to, size, format, NULL, values);
}

int snprintf(char *to, size_t size, const char *format, ...) {
    va_list values;
    int length;
    va_start(values, format);
    length = vsnprintf(to, size, format, values);
    va_end(values);
    return length;
}
