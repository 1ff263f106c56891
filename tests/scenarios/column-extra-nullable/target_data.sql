UPDATE t SET a = 20, own = 'kept' WHERE id = 2;
