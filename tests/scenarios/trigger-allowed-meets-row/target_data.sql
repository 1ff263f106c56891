UPDATE film_text SET title = 'x' WHERE film_id = 3; CREATE TRIGGER ins_film AFTER INSERT ON film FOR EACH ROW INSERT INTO film_text (film_id, title) VALUES (NEW.film_id, NEW.title);
