INSERT INTO film VALUES (1, 'one'), (2, 'two'), (3, 'three'); INSERT INTO film_text SELECT * FROM film;
