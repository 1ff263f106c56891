UPDATE t SET deleted_at = NULL WHERE id = 9;
