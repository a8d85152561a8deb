"""The lawful changes of a household as pages: a form each, a preview, the change or a request for it, and undo."""
