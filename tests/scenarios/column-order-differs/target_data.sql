UPDATE t SET b = 'zwei' WHERE id = 2;
