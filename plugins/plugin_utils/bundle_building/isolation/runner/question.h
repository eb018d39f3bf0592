/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the other half is asked: fields, each a line with name and length, and then so many bytes.
 */

typedef struct {
    const Command *command;
    const Specification *specification;
    const Lock *lock;
    const char *bundle;
    const char *host;       /* the root that the bundle is installed in, NULL where it lies in none */
    const char *generation; /* where the link of that root to its generation leads */
    const char *root;
    const char *digest;
    int unlocked;
} Question;

static int write_all(Sink sink, const char *data, size_t size);

static int write_field(Sink sink, const char *name, const char *data, size_t size) {
    char *head = formatted("%s %zu\n", name, size);
    int written = write_all(sink, head, strlen(head)) && write_all(sink, data, size) && write_all(sink, "\n", 1);
    free(head);
    return written;
}

static int write_word(Sink sink, const char *name, const char *value) {
    return !value || write_field(sink, name, value, strlen(value));
}

static int write_question(Sink sink, const Question *question) {
    const Specification *specification = question->specification;
    return write_word(sink, "bundle", question->bundle) && write_word(sink, "host", question->host) &&
           write_word(sink, "generation", question->generation) && write_word(sink, "root", question->root) &&
           write_word(sink, "entry", question->digest) && write_word(sink, "log-level", question->command->log_level) &&
           (!question->command->tool || write_word(sink, "tool", question->command->tool)) &&
           (!question->unlocked || write_word(sink, "unlocked", "1")) &&
           (!specification || (write_word(sink, "kind", specification->kind) && write_word(sink, "file", specification->file) &&
                               write_field(sink, "text", specification->text.data, specification->text.size))) &&
           (!question->lock ||
            (write_word(sink, "lock-kind", question->lock->kind) && write_word(sink, "lock-file", question->lock->file) &&
             write_field(sink, "lock", question->lock->text.data, question->lock->text.size))) &&
           write_word(sink, "end", "");
}
