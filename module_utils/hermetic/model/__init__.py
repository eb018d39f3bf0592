# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for and what was installed, as values: request, declaration, bundle, manifest, receipts, layout. Pure; imports text."""
