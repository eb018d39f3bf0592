/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who owns and may write what decides over a program, by owners and access lists. An owner may rewrite the list, whatever it says.
 */

#define TRUSTED_INSTALLER L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
/* To write, add, remove and rename, and to give oneself the right to. */
#define CHANGING (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES | DELETE | WRITE_DAC | WRITE_OWNER | \
                  GENERIC_ALL | GENERIC_WRITE)

typedef struct {
    union {
        SID sid;
        BYTE room[SECURITY_MAX_SID_SIZE];
    } of;
} Owner;

static Owner this_user(void) {
    static Owner user;
    static int known;
    struct { TOKEN_USER user; BYTE room[SECURITY_MAX_SID_SIZE]; } found;
    HANDLE token;
    DWORD size;
    if (known) return user;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) || !GetTokenInformation(token, TokenUser, &found, sizeof found, &size) ||
        !CopySid(sizeof user, &user.of.sid, found.user.User.Sid)) {
        failed();
        refuse(CANNOT_START, "the user of this process cannot be named: %s", problem());
    }
    CloseHandle(token);
    known = 1;
    return user;
}

static char *shown_sid(PSID sid) {
    wchar_t *text;
    char *shown;
    if (!ConvertSidToStringSidW(sid, &text)) return formatted("an unknown user");
    shown = narrow(text);
    LocalFree(text);
    return shown;
}

static char *this_user_shown(void) {
    Owner user = this_user();
    return shown_sid(&user.of.sid);
}

/* Whether this is the system, the administrators or this user. */
static int is_ours(PSID sid) {
    static PSID installer;
    Owner user = this_user();
    if (EqualSid(sid, &user.of.sid) || IsWellKnownSid(sid, WinLocalSystemSid) || IsWellKnownSid(sid, WinBuiltinAdministratorsSid)) return 1;
    if (!installer && !ConvertStringSidToSidW(TRUSTED_INSTALLER, &installer)) return 0;
    return EqualSid(sid, installer);
}

/* Whoever makes what comes later, or owns it: who that is, is judged by itself. */
static int is_the_owner(PSID sid) { return IsWellKnownSid(sid, WinCreatorOwnerSid) || IsWellKnownSid(sid, WinCreatorOwnerRightsSid); }

/* Find somebody in an access list who may change what it is of; only Everyone where nobody else counts. NULL where nobody may. */
static char *who_changes(PACL list, int only_everyone) {
    DWORD index;
    /* Without a list, everybody may do everything. */
    if (!list) return formatted("S-1-1-0");
    for (index = 0; index < list->AceCount; index++) {
        ACE_HEADER *entry;
        PSID sid;
        if (!GetAce(list, index, (void **)&entry)) return formatted("S-1-1-0");
        if (entry->AceFlags & INHERIT_ONLY_ACE) continue;
        if (entry->AceType != ACCESS_ALLOWED_ACE_TYPE && entry->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE) continue;
        if (!(((ACCESS_ALLOWED_ACE *)entry)->Mask & CHANGING)) continue;
        sid = (PSID) & ((ACCESS_ALLOWED_ACE *)entry)->SidStart;
        if (only_everyone ? IsWellKnownSid(sid, WinWorldSid) : !is_ours(sid) && !is_the_owner(sid)) return shown_sid(sid);
    }
    return NULL;
}

/* Say who besides us owns what is open, or may change it; ALSO may own it, and then only what Everyone may counts. NULL where nobody does. */
static char *others_behind(HANDLE handle, const char *path, const Owner *also) {
    PSECURITY_DESCRIPTOR descriptor;
    PSID owner;
    PACL list;
    char *found = NULL;
    DWORD number = GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &list, NULL, &descriptor);
    if (number != ERROR_SUCCESS) {
        failure = number;
        return formatted("the owner of %s cannot be read: %s", path, problem());
    }
    if (!owner || (!is_ours(owner) && !(also && EqualSid(owner, (PSID)&also->of.sid)))) {
        found = formatted("%s is owned by %s", path, owner ? shown_sid(owner) : "nobody");
    } else {
        char *writer = who_changes(list, also != NULL);
        if (writer) found = formatted("the access list of %s lets %s write", path, writer);
    }
    LocalFree(descriptor);
    return found;
}

/* Say who else owns what is at a path; NULL where nobody does. */
static char *who_owns(const char *path, Owner also) {
    HANDLE handle = open_path(path, READ_CONTROL, SHARE_ALL, FILE_FLAG_OPEN_REPARSE_POINT);
    PSECURITY_DESCRIPTOR descriptor;
    PSID owner;
    char *found = NULL;
    DWORD number;
    if (handle == INVALID_HANDLE_VALUE) return formatted("%s cannot be examined: %s", path, problem());
    number = GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor);
    CloseHandle(handle);
    if (number != ERROR_SUCCESS) {
        failure = number;
        return formatted("the owner of %s cannot be read: %s", path, problem());
    }
    if (!owner || (!is_ours(owner) && !EqualSid(owner, &also.of.sid))) found = formatted("%s is owned by %s", path, owner ? shown_sid(owner) : "nobody");
    LocalFree(descriptor);
    return found;
}

/* Say who else decides what is at a path; NULL where nobody does. */
static char *who_decides(const char *path, Owner also) {
    HANDLE handle = open_path(path, READ_CONTROL, SHARE_ALL, FILE_FLAG_OPEN_REPARSE_POINT);
    char *found;
    if (handle == INVALID_HANDLE_VALUE) return formatted("%s cannot be examined: %s", path, problem());
    found = others_behind(handle, path, &also);
    CloseHandle(handle);
    return found;
}

/* Name the owner of a program; returns the number of the error where there is no such program. */
static int why_missing(const char *path, Owner *owner) {
    HANDLE handle = open_path(path, READ_CONTROL, SHARE_ALL, 0);
    PSECURITY_DESCRIPTOR descriptor;
    PSID found;
    if (handle == INVALID_HANDLE_VALUE) {
        if (failure == ERROR_FILE_NOT_FOUND || failure == ERROR_PATH_NOT_FOUND || failure == ERROR_DIRECTORY) return ENOENT;
        return failure == ERROR_ACCESS_DENIED || failure == ERROR_SHARING_VIOLATION ? EACCES : EINVAL;
    }
    if (GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &found, NULL, NULL, NULL, &descriptor) == ERROR_SUCCESS) {
        if (found) CopySid(sizeof *owner, &owner->of.sid, found);
        LocalFree(descriptor);
    }
    CloseHandle(handle);
    return 0;
}
