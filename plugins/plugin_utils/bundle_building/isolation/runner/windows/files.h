/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files, links and variables as Windows has them.
 */

#define LONGEST_PLAIN_PATH 240             /* a longer one needs the form without a limit */
#define FALLBACK_MARK ".hermetic-stand-in" /* in a directory that stands where a volume has no junctions */
#define LARGEST_MARK ((size_t)64 << 10)

static DWORD failure; /* what the last call that failed said */

static int failed(void) {
    failure = GetLastError();
    return 0;
}

/* What the last call failed with. */
static const char *problem(void) {
    wchar_t text[512];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, failure, 0,
                                  text, 512, NULL);
    while (length && (text[length - 1] == L' ' || text[length - 1] == L'.')) length--;
    return length ? formatted("%s (error %lu)", narrow_part(text, length), failure) : formatted("error %lu", failure);
}

static void write_to(DWORD stream, const char *text) {
    HANDLE handle = GetStdHandle(stream);
    DWORD mode, count;
    if (GetConsoleMode(handle, &mode)) {
        wchar_t *shown = wide(text);
        WriteConsoleW(handle, shown, (DWORD)wcslen(shown), &count, NULL);
        free(shown);
    } else {
        WriteFile(handle, text, (DWORD)strlen(text), &count, NULL);
    }
}

static void write_error(const char *text) { write_to(STD_ERROR_HANDLE, text); }

static const char *variable(const char *name) {
    wchar_t *key = wide(name), *value = NULL;
    DWORD size = 0, needed = GetEnvironmentVariableW(key, NULL, 0);
    const char *found = NULL;
    while (needed > size) {
        free(value);
        size = needed;
        value = room(size * sizeof *value);
        needed = GetEnvironmentVariableW(key, value, size);
    }
    if (needed) found = narrow(value);
    free(value);
    free(key);
    return found;
}

/* A path without the form that has no limit, which others need not understand. */
static char *plain(char *path) {
    if (starts_with(path, "\\\\?\\UNC\\")) return formatted("\\\\%s", path + 8);
    return starts_with(path, "\\\\?\\") && path[4] && path[5] == ':' ? path + 4 : path;
}

/* Make a path whole, by its text alone: "." and "..", the current directory, and the separators. */
static char *absolute(const char *path) {
    wchar_t *given = wide(path), *whole = NULL;
    DWORD size = 0, needed = GetFullPathNameW(given, 0, NULL, NULL);
    while (needed > size) {
        free(whole);
        size = needed;
        whole = room(size * sizeof *whole);
        needed = GetFullPathNameW(given, size, whole, NULL);
    }
    if (!needed) {
        failed();
        refuse(CANNOT_START, "the path %s is none: %s", path, problem());
    }
    free(given);
    return plain(narrow(whole));
}

static char *normal_path(const char *path) { return absolute(path); }

static char *current_directory(void) { return absolute("."); }

static wchar_t *for_system(const char *path) {
    char *whole;
    if (strlen(path) < LONGEST_PLAIN_PATH || starts_with(path, "\\\\?\\")) return wide(path);
    whole = absolute(path);
    return wide(starts_with(whole, "\\\\") ? formatted("\\\\?\\UNC\\%s", whole + 2) : formatted("\\\\?\\%s", whole));
}

/* Open what is at a path, a directory too; INVALID_HANDLE_VALUE where that fails. */
static HANDLE open_path(const char *path, DWORD access, DWORD share, DWORD flags) {
    wchar_t *name = for_system(path);
    HANDLE handle = CreateFileW(name, access, share, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
    if (handle == INVALID_HANDLE_VALUE) failed();
    free(name);
    return handle;
}

static DWORD attributes_of(const char *path) {
    wchar_t *name = for_system(path);
    DWORD found = GetFileAttributesW(name);
    if (found == INVALID_FILE_ATTRIBUTES) failed();
    free(name);
    return found;
}

static int is_link(const char *path) {
    DWORD found = attributes_of(path);
    return found != INVALID_FILE_ATTRIBUTES && found & FILE_ATTRIBUTE_REPARSE_POINT;
}

/* What a path leads to, with its attributes; 0 where it leads nowhere. */
static int examine(const char *path, BY_HANDLE_FILE_INFORMATION *found) {
    HANDLE handle = open_path(path, 0, SHARE_ALL, 0);
    int done;
    if (handle == INVALID_HANDLE_VALUE) return 0;
    done = GetFileInformationByHandle(handle, found) || failed();
    CloseHandle(handle);
    return done;
}

static int exists(const char *path) {
    BY_HANDLE_FILE_INFORMATION found;
    DWORD attributes = attributes_of(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT) || examine(path, &found));
}

static int is_directory(const char *path) {
    BY_HANDLE_FILE_INFORMATION found;
    DWORD attributes = attributes_of(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) return 0;
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT) attributes = examine(path, &found) ? found.dwFileAttributes : 0;
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static int is_one_file(const BY_HANDLE_FILE_INFORMATION *one, const BY_HANDLE_FILE_INFORMATION *other) {
    return one->dwVolumeSerialNumber == other->dwVolumeSerialNumber && one->nFileIndexHigh == other->nFileIndexHigh &&
           one->nFileIndexLow == other->nFileIndexLow;
}

static int is_same(const char *one, const char *other) {
    BY_HANDLE_FILE_INFORMATION first, second;
    return examine(one, &first) && examine(other, &second) && is_one_file(&first, &second);
}

/* A path without links, as its names are written on the volume; NULL where it leads nowhere. */
static char *resolved(const char *path) {
    HANDLE handle = open_path(path, 0, SHARE_ALL, 0);
    wchar_t *whole = NULL;
    char *found = NULL;
    DWORD size = 0, needed;
    if (handle == INVALID_HANDLE_VALUE) return NULL;
    needed = GetFinalPathNameByHandleW(handle, NULL, 0, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    while (needed > size) {
        free(whole);
        size = needed + 1;
        whole = room(size * sizeof *whole);
        needed = GetFinalPathNameByHandleW(handle, whole, size, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    }
    if (needed) found = plain(narrow(whole));
    free(whole);
    CloseHandle(handle);
    return found;
}

typedef struct {
    HANDLE handle;
    size_t size;
} File;

/* Open a regular file. What is no file of a volume, such as NUL, is none whatever its ending. */
static Opening open_file(const char *path, File *file) {
    BY_HANDLE_FILE_INFORMATION found;
    file->handle = open_path(path, GENERIC_READ, SHARE_ALL, 0);
    if (file->handle == INVALID_HANDLE_VALUE) {
        DWORD number = failure;
        int missing = number == ERROR_FILE_NOT_FOUND || number == ERROR_PATH_NOT_FOUND || number == ERROR_INVALID_NAME ||
                      number == ERROR_DIRECTORY || number == ERROR_FILENAME_EXCED_RANGE || number == ERROR_BAD_NETPATH;
        Opening result = !missing ? UNREADABLE : attributes_of(path) != INVALID_FILE_ATTRIBUTES ? DANGLING : ABSENT;
        failure = number;
        return result;
    }
    if (GetFileType(file->handle) != FILE_TYPE_DISK) {
        CloseHandle(file->handle);
        return ABSENT;
    }
    if (!GetFileInformationByHandle(file->handle, &found) || found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
        CloseHandle(file->handle);
        return NO_FILE;
    }
    file->size = (size_t)((uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow);
    return OPENED;
}

/* Read at most LIMIT bytes from where a file begins; 0 where that fails. */
static int read_up_to(const File *file, size_t limit, Text *text) {
    size_t space = file->size < limit ? file->size : limit;
    text->data = room(space + 1);
    text->size = 0;
    while (text->size < space) {
        size_t left = space - text->size;
        DWORD count;
        if (!ReadFile(file->handle, text->data + text->size, left > 1 << 20 ? 1 << 20 : (DWORD)left, &count, NULL)) return failed();
        if (count == 0) break;
        text->size += count;
    }
    text->data[text->size] = '\0';
    return 1;
}

static void close_file(const File *file) { CloseHandle(file->handle); }

/* What tells a file from others that lie, or lay, at the same path; 0 where there is none. */
static int identify(const char *path, uint64_t identity[3]) {
    BY_HANDLE_FILE_INFORMATION found;
    if (!examine(path, &found)) return 0;
    identity[0] = (uint64_t)found.nFileIndexHigh << 32 | found.nFileIndexLow;
    identity[1] = (uint64_t)found.nFileSizeHigh << 32 | found.nFileSizeLow;
    identity[2] = (uint64_t)found.ftLastWriteTime.dwHighDateTime << 32 | found.ftLastWriteTime.dwLowDateTime;
    return 1;
}

/* A line of the mark of a directory that stands for a junction: 0 is what it is made for, 1 where that leads; NULL where there is none. */
static char *line_of_mark(const char *directory, int wanted) {
    char *path = joined(directory, FALLBACK_MARK), *line;
    File file;
    Text text;
    int complete;
    if (open_file(path, &file) != OPENED) return NULL;
    complete = read_up_to(&file, LARGEST_MARK, &text);
    close_file(&file);
    if (!complete) return NULL;
    normalise(&text);
    for (line = text.data; wanted-- > 0 && line; line = line ? line + 1 : NULL) line = strchr(line, '\n');
    return line && *line ? formatted("%.*s", (int)strcspn(line, "\n"), line) : NULL;
}

/* Where a link to a directory leads; NULL where there is none. */
static char *link_target(const char *path) {
    char *target = line_of_mark(path, 0);
    return target ? target : resolved(path);
}
