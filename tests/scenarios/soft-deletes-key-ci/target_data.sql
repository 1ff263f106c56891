UPDATE t SET id = 'K6' WHERE id = 'k6';
