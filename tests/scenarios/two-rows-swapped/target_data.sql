UPDATE t SET v = CASE id WHEN 1 THEN 'two' ELSE 'one' END WHERE id < 3;
