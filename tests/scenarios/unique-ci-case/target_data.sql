UPDATE t SET name = 'ANNA' WHERE id = 1;
