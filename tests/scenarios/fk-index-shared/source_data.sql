UPDATE inventory SET film_id = 20 WHERE id = 1; UPDATE inventory SET film_id = 12 WHERE id = 3;
