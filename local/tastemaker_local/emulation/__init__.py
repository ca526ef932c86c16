"""What moto lacks of the AWS that the templates ask for."""
