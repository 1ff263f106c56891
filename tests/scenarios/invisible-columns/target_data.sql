UPDATE t SET hidden = 'zwei' WHERE id = 2;
